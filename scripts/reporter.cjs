// Mocha's own spec reporter, and the totals for scripts/test.mjs.
const { writeFileSync } = require("node:fs");
const Mocha = require("mocha");

module.exports = class Totals extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const skipped = [];
    runner.on("pending", (test) => {
      skipped.push(test.fullTitle());
    });
    runner.once("end", () => {
      const { passes = 0, failures = 0 } = this.stats;
      const report = { passed: passes, failed: failures, skipped };
      if (process.env.TEST_REPORT) writeFileSync(process.env.TEST_REPORT, JSON.stringify(report));
    });
  }
};
