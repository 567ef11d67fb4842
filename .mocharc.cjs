// `npm run typecheck` checks the types of all tests at once; here that would cost seconds a file.
module.exports = {
  require: ["ts-node/register/transpile-only"],
  timeout: 60_000,
};
