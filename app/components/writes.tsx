import { Button, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useRouteLoaderData } from "react-router";
import type { loader } from "~/root.tsx";

function useWritesNeedToken(): boolean {
  return useRouteLoaderData<typeof loader>("root")?.writesNeedToken ?? false;
}

/** The submit button of a form that changes something; off where changes need the admin token. */
export function WriteButton({
  children,
  label,
  primary = false,
}: {
  children: ReactNode;
  /** What the button does, where its words alone do not say to what. */
  label?: string;
  primary?: boolean;
}) {
  const off = useWritesNeedToken();
  return (
    <Button
      type="submit"
      size={primary ? "sm" : "compact-sm"}
      variant={primary ? "filled" : "default"}
      aria-label={label}
      disabled={off}
    >
      {children}
    </Button>
  );
}

/** Says how to make changes where the buttons are off; otherwise nothing. */
export function WritesNotice() {
  if (!useWritesNeedToken()) return null;
  return (
    <Text size="sm" c="dimmed">
      This server has an ADMIN_TOKEN: changes are made through the API with the header
      Authorization: Bearer.
    </Text>
  );
}
