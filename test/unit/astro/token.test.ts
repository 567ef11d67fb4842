import assert from "node:assert/strict";
import { readToken } from "../../../provider/astro/token";

const token = (claims: unknown) =>
  `x.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.x`;

describe("what a token says of itself", () => {
  it("is the id of the API token, and that it is one", () => {
    const claims = { apiTokenId: "key", permissions: ["apiTokenId:key"] };
    assert.deepEqual(readToken(token(claims)), { apiTokenId: "key", isApiToken: true });
  });

  it("is not the id of the user, which the service's records do not have", () => {
    assert.deepEqual(readToken(token({ sub: "user" })), { isApiToken: false });
  });

  for (const text of ["opaque", "a.b.c", token(null), token("text")]) {
    it(`is nothing where it cannot be read: ${text}`, () => {
      assert.equal(readToken(text), undefined);
    });
  }
});
