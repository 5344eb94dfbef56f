/** Whether a text is an https URL that may be fetched: by its grammar, before any URL parser mends it. */

const URL_MOST = 512;
const GRAMMAR = /^https:\/\/[^\s@?#/\\]+(?:\/[\x21-\x7e]*)?$/;

/** Whether it is an https URL of at most 512 characters without user and fragment. A query may be there: some issuers tell
 *  their key sets apart by it. */
export function isHttpsPlace(text: string): boolean {
  return text.length <= URL_MOST && GRAMMAR.test(text) && !/[#@\\]/.test(text) && URL.canParse(text);
}
