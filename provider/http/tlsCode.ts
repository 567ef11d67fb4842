/** Whether an error's code is that of a TLS connection that failed, at its beginning or later. */
export function isTlsCode(code: string): boolean {
  return /CERT|TLS|SSL|VERIFY|EPROTO/.test(code);
}
