import { spawnSync } from "node:child_process";
import { skip } from "./skip";

/** A key and a certificate that nobody has signed, for these names: `DNS:a.test`, `IP:127.0.0.1`. */
export function selfSigned(
  test: Mocha.Context,
  ...names: readonly string[]
): { key: string; cert: string } {
  const made = spawnSync(
    "openssl",
    [
      ..."req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=test -keyout - -out -".split(" "),
      ...["-addext", `subjectAltName=${names.join(",")}`],
    ],
    { encoding: "utf8" },
  );
  if (made.error) skip(test, "openssl is not installed, which makes the certificate");
  return { key: made.stdout, cert: made.stdout };
}
