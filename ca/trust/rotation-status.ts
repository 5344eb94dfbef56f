/** What `cleat rotate status` shows. Pure. Instants are Unix time in seconds. */
import type { LiveCertificate } from '../journal/record.ts';
import { holding, missing, phaseOf, type Phase, type Scene } from './rotation.ts';
import { seatIn, type Seat } from './seats.ts';

/** An instance, or a certificate, that holds a step up. */
export interface HeldUpBy {
  readonly spiffeId: string;
  readonly lineageId: string;
  readonly serial: string;
  /** Bundle generation that the instance runs on; undefined: not heard of since the CA's start. */
  readonly runsOn: number | undefined;
  readonly notAfter: number;
}

export interface RotationStatus {
  readonly phase: Phase;
  readonly source: 'own' | 'files';
  readonly bundleGeneration: number;
  readonly scheduleIsPaused: boolean;
  readonly authorities: readonly AuthorityStatus[];
  /** Instances that have not acknowledged the newest root. */
  readonly unacknowledged: readonly HeldUpBy[];
  /** Live certificates that chain to the root that is on its way out. */
  readonly stillUsed: readonly HeldUpBy[];
}

export interface AuthorityStatus {
  readonly slot: string;
  readonly thumbprint: string;
  readonly rootThumbprint: string;
  readonly notBefore: number;
  /** The first end on the way to the root. */
  readonly endsAt: number;
  /** The first bundle generation with its root. */
  readonly publishedAt: number;
  readonly begunBy: string;
}

export interface StatusTerms {
  readonly source: 'own' | 'files';
  readonly generation: number;
  readonly isPaused: boolean;
}

/** The status of a scene. */
export function describeRotation(scene: Scene, { source, generation, isPaused }: StatusTerms): RotationStatus {
  const newest = seatIn(scene.seats, 'prepared') ?? seatIn(scene.seats, 'active');
  const last = seatIn(scene.seats, 'retired');
  const show = (found: readonly LiveCertificate[]): readonly HeldUpBy[] => found.map((live) => heldUpBy(live, scene));
  return {
    phase: phaseOf(scene.seats),
    source,
    bundleGeneration: generation,
    scheduleIsPaused: isPaused,
    authorities: scene.seats.map(describeSeat),
    unacknowledged: show(missing(scene, newest?.record.publishedAt ?? generation)),
    stillUsed: last === undefined ? [] : show(holding(scene, last)),
  };
}

function describeSeat({ record, authority }: Seat): AuthorityStatus {
  return {
    slot: record.slot,
    thumbprint: record.thumbprint,
    rootThumbprint: authority.root.thumbprint.toString('hex'),
    notBefore: authority.certificate.notBefore,
    endsAt: authority.endsAt,
    publishedAt: record.publishedAt,
    begunBy: record.begunBy,
  };
}

function heldUpBy({ spiffeId, lineageId, serial, notAfter }: LiveCertificate, { heard }: Scene): HeldUpBy {
  return { spiffeId, lineageId, serial, runsOn: heard(lineageId)?.generation, notAfter };
}
