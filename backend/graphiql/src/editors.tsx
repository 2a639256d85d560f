import { pick, ToolbarButton, useGraphiQL } from "@graphiql/react";
import { useEffect, useRef, useSyncExternalStore } from "react";
import { withNewKey, withOrder } from "./variables";

type Editor = NonNullable<ReturnType<typeof useMonacoEditors>["queryEditor"]>;

const OPEN = ".suggest-widget.visible, .find-widget.visible, .monaco-hover:not(.hidden)";

function useMonacoEditors() {
  return useGraphiQL(pick("queryEditor", "variableEditor", "headerEditor", "responseEditor"));
}

/** Gives the editors names, and a way out: Enter goes into the one that has the focus, Tab indents, Escape leaves. */
export function AccessibleEditors() {
  const { queryEditor, variableEditor, headerEditor, responseEditor } = useMonacoEditors();
  useEffect(() => name(queryEditor, "Operation"), [queryEditor]);
  useEffect(() => name(variableEditor, "Variables, JSON"), [variableEditor]);
  useEffect(() => name(headerEditor, "Headers, JSON"), [headerEditor]);
  useEffect(() => name(responseEditor, "Response"), [responseEditor]);
  return null;
}

function name(editor: Editor | undefined, label: string): void {
  if (!editor) return;
  editor.updateOptions({ ariaLabel: label });
  const frame = editor.getContainerDomNode();
  frame.setAttribute("role", "group");
  frame.setAttribute("aria-label", `${label} (Enter to edit, Escape to leave)`);
  // Asked before the editor acts: an Escape that closes the completion list, a search or a hint stays inside.
  const leave = (event: KeyboardEvent) => {
    if (event.key === "Escape" && !frame.querySelector(OPEN)) frame.focus();
  };
  frame.addEventListener("keydown", leave, { capture: true });
}

export function NewKeyButton() {
  const editor = useGraphiQL((state) => state.variableEditor);
  return (
    <ToolbarButton label="New idempotency key" onClick={() => editor?.setValue(withNewKey(editor.getValue()))}>
      <svg viewBox="0 0 16 16" className="graphiql-toolbar-icon" fill="none" stroke="currentColor" aria-hidden="true">
        <circle cx="5" cy="8" r="3" />
        <path d="M8 8h7M12 8v3M14.5 8v2" />
      </svg>
    </ToolbarButton>
  );
}

/** What was last seen of something. */
export class Latest<Value> {
  value: Value | undefined;
  readonly #listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly see = (value: Value): void => {
    this.value = value;
    for (const listener of this.#listeners) listener();
  };
}

/** Writes the id of the order last seen into the open tab's variables, where the tab waits for one. */
export function OrderFiller({ latest }: { latest: Latest<string> }) {
  const { activeTabIndex, variableEditor } = useGraphiQL(pick("activeTabIndex", "variableEditor"));
  const id = useSyncExternalStore(latest.subscribe, () => latest.value);
  const filled = useRef(new Set<string>());
  useEffect(() => {
    if (!variableEditor || !id) return;
    filled.current.add(id);
    const text = variableEditor.getValue();
    const about = withOrder(text, filled.current, id);
    if (about !== text) variableEditor.setValue(about);
  }, [activeTabIndex, variableEditor, id]);
  return null;
}
