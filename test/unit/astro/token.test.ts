import assert from "node:assert/strict";
import { readToken } from "../../../provider/astro/token";

const token = (claims: unknown) =>
  `x.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.x`;

describe("what a token says of itself", () => {
  it("is the id of the API token, and that it is one", () => {
    const claims = { apiTokenId: "key", permissions: ["apiTokenId:key"] };
    assert.deepEqual(readToken(token(claims)), { apiTokenId: "key", isApiToken: true });
  });

  it("is its organization, where its permissions name one", () => {
    const organizationOf = (...permissions: unknown[]) =>
      readToken(token({ permissions }))?.organizationId;
    assert.equal(organizationOf("apiTokenId:k", "organizationId:o", "workspaceId:w"), "o");
    assert.equal(organizationOf("organizationId:o", "organizationId:o"), "o");
    assert.equal(organizationOf("organizationId:o", "organizationId:p"), undefined);
    assert.equal(organizationOf("workspaceId:w", "organizationId:", 7), undefined);
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
