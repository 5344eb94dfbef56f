/** What `cleat --version` prints: the name and version of package.json, which is part of the bundle. */
import manifest from '../package.json' with { type: 'json' };

export const NAME_AND_VERSION = `${manifest.name} ${manifest.version}`;
