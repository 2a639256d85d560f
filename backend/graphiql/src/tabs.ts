import type { TabsState } from "@graphiql/react";
import type { GraphiQLProps } from "graphiql";

export type TabState = TabsState["tabs"][number];
export type TabDefinition = NonNullable<GraphiQLProps["defaultTabs"]>[number];
