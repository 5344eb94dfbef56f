/** The functions of node-forge that the test of our own DER writer compares with. `@types/node-forge` knows the whole package only, which costs 50 ms at start. */
declare module 'node-forge/lib/asn1.js' {
  /** Opaque: made by `create`, read by `toDer`. */
  export interface Asn1 {
    readonly value: string | readonly Asn1[];
  }

  interface Bytes {
    getBytes(): string;
  }

  const asn1: {
    create(tagClass: number, type: number, constructed: boolean, value: string | readonly Asn1[]): Asn1;
    toDer(value: Asn1): Bytes;
    oidToDer(text: string): Bytes;
  };
  export default asn1;
}
