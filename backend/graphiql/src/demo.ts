/** The people `seed demo` creates. */
export const PEOPLE = ["customer@example.com", "other@example.com", "staff@example.com"] as const;
export const PASSWORD = "demo-Passw0rd!";
