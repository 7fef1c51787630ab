import { Anchor, Button, Group, Stack, Text } from "@mantine/core";
import { isRouteErrorResponse, Link, useLocation } from "react-router";
import { PageHead } from "./page-head.tsx";

/** What went wrong and what to do about it, for any error that reaches a boundary. */
export function ErrorPage({ error }: { error: unknown }) {
  const { pathname, search } = useLocation();
  const { title, message } = wordsFor(error);
  return (
    <Stack role="alert">
      <PageHead title={title} description={message}>
        <Text>{message}</Text>
      </PageHead>
      <Group>
        <Button component="a" href={`${pathname}${search}`} variant="default">
          Try again
        </Button>
        <Anchor component={Link} to="/">
          Go to the feed
        </Anchor>
      </Group>
    </Stack>
  );
}

const TITLES: Record<number, string | undefined> = {
  400: "This address has a mistake in it",
  401: "Not allowed",
  403: "Not allowed",
  404: "Not found",
  405: "Nothing to send here",
};

function wordsFor(error: unknown): { title: string; message: string } {
  if (isRouteErrorResponse(error)) {
    return {
      title: TITLES[error.status] ?? "Something went wrong",
      message: messageIn(error.data) ?? "The server refused this request.",
    };
  }
  return {
    title: "Something went wrong",
    message: "The server could not make this page; its log says why. Trying again may help.",
  };
}

function messageIn(body: unknown): string | null {
  const error = (body as { error?: { message?: unknown } } | null)?.error;
  return typeof error?.message === "string" ? error.message : null;
}
