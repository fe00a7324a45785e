import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const server = process.env["COVERSLIP_SERVER"] ?? "http://127.0.0.1:8400";

/** Proxied paths of `npm run dev`; the built pages are served by Coverslip itself. */
const proxied = ["/api", "/tiles", "/health", "/about"];

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@locales": path("../src/coverslip/locales") } },
  build: {
    outDir: "../src/coverslip/server/pages",
    emptyOutDir: true,
    target: "es2023",
    // The pages run under a Content-Security-Policy without data: scripts; small files stay files.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    fs: { allow: [path("."), path("../src/coverslip/locales")] },
    proxy: Object.fromEntries(proxied.map((prefix) => [prefix, { target: server, changeOrigin: false }])),
  },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}", "tests/**/*.test.{ts,tsx}"],
    setupFiles: ["tests/setup.ts"],
    restoreMocks: true,
    unstubGlobals: true,
    maxWorkers: 2,
  },
});
