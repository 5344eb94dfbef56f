/** What carries the bytes of an admitted request: a relay, and after an upgrade a tunnel. */
export interface Carrier {
  /** More of what the client sends belongs to it. */
  readonly wantsBody: boolean;
  /** The app takes no more for now: the client is not to be read. */
  readonly isUpstreamBlocked: boolean;
  /** Without framing. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Takes what belongs to it; gives the offset behind that. */
  feed(bytes: Buffer, from: number): number;
  onClientDrain(): void;
  /** The client has ended its half. */
  onClientEnd(): void;
  /** The connection to the app is dropped, and nobody is told. */
  abort(): void;
}
