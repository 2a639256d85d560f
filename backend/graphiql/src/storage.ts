import type { TabDefinition, TabState } from "./tabs";

const LAYOUT = /^graphiql:(theme|\w+Flex)$/;
const OWN_TABS = "graphiql:ownTabs";
const SECRET = /password|token|secret|bearer/i;

const disk: Storage | undefined = (() => {
  try {
    return window.localStorage;
  } catch {
    return undefined; // blocked by the browser's settings
  }
})();
const memory = new Map<string, string>();

/** What GraphiQL may keep: theme and sizes on disk; history, headers and everything typed until the page is left. */
export const storage = {
  getItem: (key: string) => memory.get(key) ?? (LAYOUT.test(key) ? (disk?.getItem(key) ?? null) : null),
  setItem(key: string, value: string) {
    memory.set(key, value);
    if (LAYOUT.test(key)) disk?.setItem(key, value);
  },
  removeItem(key: string) {
    memory.delete(key);
    if (LAYOUT.test(key)) disk?.removeItem(key);
  },
  clear() {
    memory.clear();
    disk?.removeItem(OWN_TABS);
  },
  get length() {
    return memory.size;
  },
};

/** Keeps what the visitor wrote: tabs that are no sample, without headers, and none that speaks of a secret. */
export function keepOwnTabs(tabs: readonly TabState[], samples: readonly TabDefinition[]): void {
  const known = new Set(samples.map((sample) => sample.query));
  const own = tabs.filter(({ query }) => query?.trim() && !known.has(query)).map(({ query, variables }) => ({ query, variables }));
  disk?.setItem(OWN_TABS, JSON.stringify(own.filter((tab) => !SECRET.test(`${tab.query} ${tab.variables ?? ""}`))));
}

/** The visitor's tabs of an earlier visit. */
export function ownTabs(): TabDefinition[] {
  try {
    const stored: unknown = JSON.parse(disk?.getItem(OWN_TABS) ?? "[]");
    return Array.isArray(stored) ? (stored as TabDefinition[]) : [];
  } catch {
    return [];
  }
}
