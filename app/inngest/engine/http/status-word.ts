/** A stored status as the Inngest server writes it: "completed" → "Completed". */
export const statusWord = <S extends string>(status: S) =>
  (status.charAt(0).toUpperCase() + status.slice(1)) as Capitalize<S>;
