// Tests speak to this machine only, and so do the engine's processes among themselves.
process.env.NO_PROXY = process.env.no_proxy = "127.0.0.1,localhost";

module.exports = {
  // `npm run typecheck` checks the types of all tests at once; here that would cost seconds a file.
  require: ["ts-node/register/transpile-only"],
  timeout: 60_000,
  // A forgotten `.only` would pass for the whole suite.
  forbidOnly: Boolean(process.env.CI),
};
