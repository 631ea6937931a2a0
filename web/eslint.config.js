import css from "@eslint/css";
import js from "@eslint/js";
import baselineJs from "eslint-plugin-baseline-js";
import compat from "eslint-plugin-compat";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

/** The year of the oldest browsers, as in `browserslist` in package.json. */
const BASELINE = 2022;

export default defineConfig(
  globalIgnores(["**/dist/", "**/node_modules/", "client/src/openapi.ts"]),
  { files: ["**/*.{js,ts,tsx}"], extends: [js.configs.recommended] },
  {
    files: ["**/*.{ts,tsx}"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      // The rule does not see that another task may change a variable during an `await`.
      "@typescript-eslint/no-unnecessary-condition": "off",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
    },
  },
  {
    files: ["**/*.test.ts", "**/test/**/*.ts", "e2e/**/*.ts"],
    rules: {
      // A wrong assertion fails the test at this line.
      "@typescript-eslint/no-non-null-assertion": "off",
    },
  },
  {
    // What browsers run. They may be as old as `browserslist` in package.json says. The two rules know different features, and
    // the compiler's `lib` knows those of the language.
    files: ["app/src/**/*.{ts,tsx}", "client/src/**/*.ts"],
    ignores: ["client/src/server*.ts"],
    extends: [compat.configs["flat/recommended"]],
    plugins: { "baseline-js": baselineJs },
    rules: baselineJs.configs["recommended-ts"]({ available: BASELINE }).rules,
    settings: { lintAllEsApis: true },
  },
  {
    files: ["app/src/**/*.css"],
    language: "css/css",
    plugins: { css },
    rules: {
      "css/use-baseline": [
        "error",
        {
          available: BASELINE,
          // Without these, lines break less evenly, text has the size that the browser chooses, outlines have square corners,
          // and the bar has the system's colour. Browsers without `forced-color-adjust` have no forced colours.
          allowProperties: ["text-wrap", "text-size-adjust", "outline", "accent-color", "forced-color-adjust"],
        },
      ],
    },
  },
  {
    // Runs in browsers of any age.
    files: ["app/public/*.js"],
    languageOptions: {
      ecmaVersion: 5,
      sourceType: "script",
      globals: {
        window: "readonly",
        document: "readonly",
        navigator: "readonly",
        setTimeout: "readonly",
        AbortSignal: "readonly",
        CSS: "readonly",
      },
    },
  },
  {
    files: ["**/*.js"],
    ignores: ["app/public/"],
    languageOptions: { globals: { console: "readonly", process: "readonly", URL: "readonly" } },
  },
  {
    files: ["**/bench/*.js"],
    languageOptions: { globals: { Buffer: "readonly", performance: "readonly", Response: "readonly" } },
  },
);
