import assert from "node:assert/strict";
import { inspect } from "node:util";
import { sanitizeError, registerSecret, redact } from "../../../provider/http/redact";

describe("redact", () => {
  it("hides the query of every URL and keeps its path", () => {
    assert.equal(
      redact("PUT https://a.blob.core.windows.net/dags/x.tar.gz?sv=2022&sig=abc%2F failed"),
      "PUT https://a.blob.core.windows.net/dags/x.tar.gz?[redacted] failed",
    );
  });

  it("hides a signature that stands alone, and credentials", () => {
    assert.equal(redact("sig=abc&se=1"), "sig=[redacted]&se=1");
    assert.equal(redact("authorization: Bearer a.b-c_d"), "authorization: Bearer [redacted]");
  });

  it("hides the credentials of a URL, of a proxy for example", () => {
    assert.equal(
      redact('invalid proxy "http://bob:p%40ss@proxy.test:3128": dial'),
      'invalid proxy "http://[redacted]@proxy.test:3128": dial',
    );
    assert.equal(redact("https://a.test/dags@2 of a@b.test"), "https://a.test/dags@2 of a@b.test");
  });

  it("hides the token of this process wherever it turns up", () => {
    registerSecret("s3cr3t-token");
    assert.equal(redact('{"echo":"s3cr3t-token"}'), '{"echo":"[redacted]"}');
  });

  it("does not take what is too short to be a token for one", () => {
    registerSecret("dag");
    assert.equal(redact("no dag"), "no dag");
  });

  it("leaves nothing of a secret in an error", () => {
    registerSecret("s3cr3t-token");
    const error = sanitizeError(
      new Error("s3cr3t-token", { cause: new Error("https://h/p?sig=s3cr3t-token") }),
    );
    assert.doesNotMatch(inspect(error, { depth: 9, showHidden: true }), /s3cr3t/);
  });

  it("drops the stack of our own errors and keeps that of a fault", () => {
    assert.equal(sanitizeError(new Error("no such folder")).stack, "");
    assert.match(sanitizeError(new TypeError("x is undefined")).stack ?? "", /redact\.test/);
  });
});
