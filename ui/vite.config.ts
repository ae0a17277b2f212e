import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

// The page is shown by the shell from files: one chunk of script and one of style load faster than many.
export default defineConfig({
  plugins: [svelte()],
  clearScreen: false,
  build: {
    target: ["safari16.4", "chrome115"],
    outDir: process.env["SCRIP_UI_OUT"] ?? "dist",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { host: "127.0.0.1" },
  resolve: process.env["VITEST"] ? { conditions: ["browser"] } : {},
  test: {
    environment: "happy-dom",
    include: ["test/unit/**/*.test.ts"],
    setupFiles: ["test/unit/setup.ts"],
    restoreMocks: true,
    pool: "threads",
    maxWorkers: 2,
    testTimeout: 60_000,
  },
});
