/// <reference types="svelte" />
/// <reference types="vite/client" />

interface ImportMetaEnv {
  /** `1` in builds for a browser, which carry the hosts that stand in for the shell. */
  readonly VITE_BRIDGE?: string;
}
