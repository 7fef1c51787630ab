import { AppShell, Container, NativeSelect, useMantineColorScheme } from "@mantine/core";
import { useMounted } from "@mantine/hooks";
import type { ReactNode } from "react";
import { Link, NavLink } from "react-router";
import classes from "./shell.module.css";
import { SignInState } from "./writes.tsx";

const PAGES = [
  { to: "/", label: "Feed", end: true },
  { to: "/markets", label: "Markets" },
  { to: "/whales", label: "Whales" },
  { to: "/syncs", label: "Syncs" },
];

/** Frame of every page: skip link, navigation, colour scheme, content. */
export function Shell({ demo, children }: { demo: boolean; children: ReactNode }) {
  return (
    <AppShell header={{ height: { base: 92, sm: 56 } }} padding={0}>
      <a href="#content" className={classes.skip}>
        Skip to the content
      </a>
      <AppShell.Header>
        <Container size="xl" className={classes.bar}>
          <Link to="/" className={classes.brand}>
            <img src="/favicon.svg" alt="" width={24} height={24} />
            Opinion Scope
            {demo && <span className={classes.demo}>demo data</span>}
          </Link>
          <nav aria-label="Main" className={classes.nav}>
            {PAGES.map(({ label, ...target }) => (
              <NavLink key={target.to} {...target} className={classes.link} prefetch="intent">
                {label}
              </NavLink>
            ))}
          </nav>
          <div className={classes.scheme}>
            <SignInState />
            <ColorScheme />
          </div>
        </Container>
      </AppShell.Header>
      <AppShell.Main id="content" tabIndex={-1} className={classes.main}>
        <Container size="xl" py="md">
          {children}
        </Container>
      </AppShell.Main>
    </AppShell>
  );
}

const SCHEMES = [
  { value: "auto", label: "System" },
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
];

function ColorScheme() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  // The server cannot know the choice, so it shows after hydration; the box keeps its size.
  const mounted = useMounted();
  return (
    <NativeSelect
      aria-label="Colour scheme"
      size="xs"
      data={SCHEMES}
      value={mounted ? colorScheme : "auto"}
      onChange={({ currentTarget: { value } }) => {
        if (value === "light" || value === "dark" || value === "auto") setColorScheme(value);
      }}
    />
  );
}
