import eslint from "@eslint/js";
import globals from "globals";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist/", "node_modules/", "test/fixtures/"] },
  eslint.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // Numbers read well in a message as they are.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // Taking a property out is how the others are kept.
      "@typescript-eslint/no-unused-vars": ["error", { ignoreRestSiblings: true }],
    },
  },
  {
    files: ["provider/**/*.ts"],
    // The stub is text in the states of all releases, and what is no Error has no code.
    ignores: ["provider/hosts/dynamic/stub.ts", "provider/http/redact.ts"],
    rules: {
      "no-restricted-syntax": [
        "error",
        {
          selector: "NewExpression[callee.name=/^(Type|Range)?Error$/]",
          message: "What a user may read has a code: throw a CodedError.",
        },
      ],
    },
  },
  {
    files: ["**/*.{js,cjs,mjs}"],
    languageOptions: { globals: globals.node },
  },
  {
    files: ["emulator/page/*.js"],
    languageOptions: { globals: globals.browser, sourceType: "module" },
  },
);
