// Mocha's own spec reporter, and the totals for scripts/test.mjs.
const { writeFileSync } = require("node:fs");
const Mocha = require("mocha");

/** How long the process may take to end after the last test. */
const graceMs = 10_000;

module.exports = class Totals extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const skipped = [];
    const failures = [];
    runner.on("pending", (test) => {
      skipped.push(test.fullTitle());
    });
    runner.on("fail", (test, { message, stack }) => {
      failures.push({ title: test.fullTitle(), error: stack ?? message });
    });
    runner.once("end", () => {
      const { passes = 0, failures: failed = 0 } = this.stats;
      const report = { passed: passes, failed, skipped, failures };
      const write = () => {
        if (process.env.TEST_REPORT) writeFileSync(process.env.TEST_REPORT, JSON.stringify(report));
      };
      write();
      // Anything that a test left open would keep the process running for ever.
      setTimeout(() => {
        const open = process.getActiveResourcesInfo().join(", ");
        console.error(`A test left something open, so the process did not end by itself: ${open}`);
        report.failed++;
        write();
        process.exit(1);
      }, graceMs).unref();
    });
  }
};
