/** Whether an error's code means that a TLS connection failed, in the handshake or later. */
export function isTlsCode(code: string): boolean {
  return /CERT|TLS|SSL|VERIFY|EPROTO/.test(code);
}
