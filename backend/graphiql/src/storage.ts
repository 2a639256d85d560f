import type { TabDefinition, TabState } from "./tabs";

type Store = Pick<Storage, "getItem" | "setItem" | "removeItem">;
type Kept = Record<string, unknown> & { query?: string | null; variables?: string | null };

/** The sizes of a first visit, left to right: more room for the answer, and for all tabs beside the documentation. */
const FIRST: Record<string, string> = { "graphiql:editorFlex": "0.85", "graphiql:docExplorerFlex": "0.27" };
const LAYOUT = /^graphiql:(theme|\w+Flex)$/;
const HISTORY = /^graphiql:(queries|favorites)$/;
const OWN_TABS = "graphiql:ownTabs";
const SECRET = /password|token|secret|bearer/i;

function localDisk(): Store | undefined {
  try {
    return window.localStorage;
  } catch {
    return undefined; // blocked by the browser's settings
  }
}

/**
 * What GraphiQL may keep: theme, sizes and history on disk; everything else typed until the page is left. Headers are
 * kept nowhere, and nothing that speaks of a secret.
 */
export function createStorage(disk: Store | undefined = localDisk()) {
  const memory = new Map<string, string>();
  const isKept = (key: string) => LAYOUT.test(key) || HISTORY.test(key);
  return {
    getItem: (key: string) => memory.get(key) ?? (isKept(key) ? (disk?.getItem(key) ?? FIRST[key] ?? null) : null),
    setItem(key: string, value: string) {
      memory.set(key, value);
      if (isKept(key)) disk?.setItem(key, HISTORY.test(key) ? harmlessHistory(value) : value);
    },
    removeItem(key: string) {
      memory.delete(key);
      if (isKept(key)) disk?.removeItem(key);
    },
    clear() {
      for (const key of [...memory.keys(), OWN_TABS]) {
        memory.delete(key);
        disk?.removeItem(key);
      }
    },
    get length() {
      return memory.size;
    },
  };
}

export const storage = createStorage();

/** The stored form of GraphiQL's history: a list under one name. */
function harmlessHistory(value: string): string {
  const lists = JSON.parse(value) as Record<string, Kept[]>;
  return JSON.stringify(Object.fromEntries(Object.entries(lists).map(([name, items]) => [name, harmless(items)])));
}

function harmless(items: readonly Kept[]): Kept[] {
  const open = items.filter((item) => !SECRET.test(`${item.query} ${item.variables ?? ""}`));
  return open.map(({ headers: _, ...item }) => item);
}

/** Keeps what the visitor wrote: tabs that are no sample, without headers and answers. */
export function keepOwnTabs(tabs: readonly TabState[], samples: readonly TabDefinition[], disk = localDisk()): void {
  const known = new Set(samples.map((sample) => sample.query));
  const own = tabs.filter(({ query }) => query?.trim() && !known.has(query)).map(({ query, variables }) => ({ query, variables }));
  disk?.setItem(OWN_TABS, JSON.stringify(harmless(own)));
}

/** The visitor's tabs of an earlier visit. */
export function ownTabs(disk = localDisk()): TabDefinition[] {
  try {
    const stored: unknown = JSON.parse(disk?.getItem(OWN_TABS) ?? "[]");
    return Array.isArray(stored) ? (stored as TabDefinition[]) : [];
  } catch {
    return [];
  }
}
