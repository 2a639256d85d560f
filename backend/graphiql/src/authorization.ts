import { pick, useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { useEffect } from "react";

/** The text of a headers editor with this token, or without any; other headers stay. */
export function withAuthorization(text: string | null | undefined, token: string | null): string {
  let headers: Record<string, unknown> = {};
  try {
    headers = JSON.parse(text || "{}") as Record<string, unknown>;
  } catch {
    if (!token) return text ?? "";
  }
  const others = Object.entries(headers).filter(([name]) => name.toLowerCase() !== "authorization");
  const all = token ? [...others, ["Authorization", `Bearer ${token}`]] : others;
  return all.length ? JSON.stringify(Object.fromEntries(all), null, 2) : "";
}

/** Writes the token into the headers of every tab, and of those opened later; takes it out again when it is null. */
export function useAuthorization(token: string | null): void {
  const { tabs, activeTabIndex, headerEditor } = useGraphiQL(pick("tabs", "activeTabIndex", "headerEditor"));
  const { moveTab } = useGraphiQLActions();

  useEffect(() => {
    if (!headerEditor) return;
    // The store has no "set headers of tab n"; a new order of the same tabs is its way in.
    // The active tab must stay the same object: the store finds it by identity. Its headers come from the editor.
    const others = (index: number) => index !== activeTabIndex;
    moveTab(tabs.map((tab, i) => (others(i) ? { ...tab, headers: withAuthorization(tab.headers, token) } : tab)));
    headerEditor.setValue(withAuthorization(headerEditor.getValue(), token));
    // Tabs and the active one are read when the token changes, not watched: people may edit headers after a sign-in.
  }, [token, headerEditor]);

  useEffect(() => {
    if (token && headerEditor) headerEditor.setValue(withAuthorization(headerEditor.getValue(), token));
  }, [tabs.length]);
}
