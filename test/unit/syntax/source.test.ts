import assert from "node:assert/strict";
import { decodeSource } from "../../../provider/syntax/source";

const latin = (text: string) => Buffer.from(text, "latin1");
const message = "it is not UTF-8, and declares no other encoding";

describe("the text of a Python file", () => {
  const cases: Record<string, [Buffer, ReturnType<typeof decodeSource>]> = {
    "that is empty": [Buffer.of(), ""],
    "in UTF-8": [Buffer.from("a = 'é'\n"), "a = 'é'\n"],
    "in an encoding of its first line": [
      latin("# -*- coding: latin-1 -*-\na = 'é'\n"),
      "# -*- coding: latin-1 -*-\na = 'é'\n",
    ],
    "in an encoding of its second line": [
      latin("#!/usr/bin/python\r\n# vim: set fileencoding=cp1252 :\r\n# é"),
      "#!/usr/bin/python\r\n# vim: set fileencoding=cp1252 :\r\n# é",
    ],
    "in an encoding that is not known here": [latin("# coding: rot13\né"), undefined],
    "that declares its encoding too late": [
      latin("\n\n# coding: latin-1\na = 'é'\n"),
      { row: 4, column: 6, message },
    ],
    "that says UTF-8 and is not": [latin("# coding: utf-8\né"), { row: 2, column: 1, message }],
  };
  for (const [title, [bytes, expected]] of Object.entries(cases)) {
    it(`is as Python reads one ${title}`, () => {
      assert.deepEqual(decodeSource(bytes), expected);
    });
  }
});
