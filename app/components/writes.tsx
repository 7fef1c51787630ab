import { Button, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Form, Link, useLocation, useNavigation, useRouteLoaderData } from "react-router";
import type { loader } from "~/root.tsx";
import button from "./button.module.css";
import classes from "./writes.module.css";

function useWrites() {
  return useRouteLoaderData<typeof loader>("root")?.writes ?? "open";
}

/** The address of the sign-in form that leads back to this page. */
function useSignInPath(): string {
  const { pathname, search } = useLocation();
  return `/sign-in?${new URLSearchParams({ to: pathname + search })}`;
}

/** The submit button of a form that changes something; off until the person has signed in, where that is asked for. */
export function WriteButton({
  children,
  label,
  primary = false,
  pending = false,
  name,
  value,
}: {
  children: ReactNode;
  /** What the button does, where its words alone do not say to what. */
  label?: string;
  primary?: boolean;
  /** The form is on its way: the button shows it and cannot be pressed again. */
  pending?: boolean;
  /** A field of the form that only this button sends. */
  name?: string;
  value?: string;
}) {
  const off = useWrites() === "sign-in";
  if (!primary) {
    return (
      <button
        type="submit"
        className={button.button}
        aria-label={label}
        aria-busy={pending || undefined}
        disabled={off || pending}
        name={name}
        value={value}
      >
        {children}
      </button>
    );
  }
  return (
    <Button
      type="submit"
      size="sm"
      aria-label={label}
      disabled={off}
      loading={pending}
      name={name}
      value={value}
    >
      {children}
    </Button>
  );
}

/** As `WriteButton`, in the rows of a long list: a plain element, because kit buttons cost too much there. */
export function RowWriteButton({
  children,
  label,
  pending = false,
}: {
  children: ReactNode;
  /** What the button does, and to what. */
  label: string;
  /** The form is on its way: the button shows it and cannot be pressed again. */
  pending?: boolean;
}) {
  const off = useWrites() === "sign-in";
  return (
    <button
      type="submit"
      className={classes.row}
      aria-label={label}
      aria-busy={pending || undefined}
      disabled={off || pending}
    >
      {children}
    </button>
  );
}

/** Says how to make changes where the buttons are off; otherwise nothing. */
export function WritesNotice() {
  const path = useSignInPath();
  if (useWrites() !== "sign-in") return null;
  return (
    <Text size="sm" c="dimmed">
      <Link to={path}>Sign in</Link> to make changes.
    </Text>
  );
}

/** In the header: the way to sign in or out; nothing where no token is asked for. */
export function SignInState() {
  const writes = useWrites();
  const path = useSignInPath();
  const { formAction } = useNavigation();
  if (writes === "open") return null;
  if (writes === "sign-in") {
    return (
      <Button component={Link} to={path} size="xs" variant="default">
        Sign in
      </Button>
    );
  }
  return (
    <Form method="post" action="/sign-out">
      <Button type="submit" size="xs" variant="default" disabled={formAction === "/sign-out"}>
        Sign out
      </Button>
    </Form>
  );
}
