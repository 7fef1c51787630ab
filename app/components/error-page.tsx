import { Button } from "@mantine/core";
import { isRouteErrorResponse, Link, useLocation } from "react-router";
import classes from "./error-page.module.css";
import { NAV_PAGES } from "./nav-pages.ts";

/** What went wrong and what to do about it, for any error that reaches a boundary. */
export function ErrorPage({ error }: { error: unknown }) {
  const { pathname, search } = useLocation();
  const { title, message } = wordsFor(error);
  const refused = isRouteErrorResponse(error) && error.status < 500;
  return (
    <div role="alert" className={classes.page}>
      <title>{`${title} · Opinion Scope`}</title>
      <meta name="description" content={message} />
      {isRouteErrorResponse(error) && <p className={classes.code}>{error.status}</p>}
      <h1 className={classes.title}>{title}</h1>
      <p className={classes.message}>{message}</p>
      <div className={classes.actions}>
        {!refused && (
          <Button component="a" href={`${pathname}${search}`}>
            Try again
          </Button>
        )}
        {refused && error.status === 400 && search !== "" && (
          <Button component={Link} to={pathname}>
            Open the page without filters
          </Button>
        )}
        {NAV_PAGES.map(({ to, label }) => (
          <Button key={to} component={Link} to={to} variant="default">
            {label}
          </Button>
        ))}
      </div>
    </div>
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
