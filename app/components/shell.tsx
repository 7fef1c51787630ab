import { type ReactNode, useRef } from "react";
import { Link, NavLink, useNavigate, useRouteLoaderData, useSearchParams } from "react-router";
import type { loader } from "~/root.tsx";
import { Bell } from "./bell.tsx";
import { ColorScheme } from "./color-scheme.tsx";
import { type FrameFacts, Freshness, useFrameFacts } from "./freshness.tsx";
import { Help } from "./help.tsx";
import { HelpIcon } from "./icons.tsx";
import { useKeys } from "./keys.ts";
import { NAV_PAGES, scopedPath } from "./nav-pages.ts";
import { Arrival, Progress } from "./navigating.tsx";
import { SearchButton, useSearchDialog } from "./search.tsx";
import classes from "./shell.module.css";
import tools from "./tools.module.css";
import { SignInState } from "./writes.tsx";

/** Frame of every page: skip link, navigation, search, freshness, colour scheme, content. It stands without the root's data too. */
export function Shell({ children }: { children: ReactNode }) {
  const demo = useRouteLoaderData<typeof loader>("root")?.demo ?? false;
  return (
    <>
      <a href="#content" className={classes.skip}>
        Skip to the content
      </a>
      <Progress />
      {/* The kit's name for what keeps its place while a dialog of it hides the scroll bar. */}
      <header className={`${classes.header} right-scroll-bar-position`}>
        <div className={`${classes.width} ${classes.bar}`}>
          <Link to="/" className={classes.brand}>
            <img src="/favicon.svg" alt="" width={24} height={24} />
            <span className={classes.brandName}>Opinion Scope</span>
            {demo && <span className={classes.demo}>Demo</span>}
          </Link>
          <Nav />
          <Tools />
        </div>
      </header>
      <main id="content" tabIndex={-1} className={classes.main}>
        {demo && (
          <p className={classes.banner}>
            <strong>Demo data:</strong> a simulated exchange; nothing here is real.
          </p>
        )}
        <div className={`${classes.width} ${classes.content}`}>{children}</div>
      </main>
      <Arrival />
    </>
  );
}

function Nav() {
  const [search] = useSearchParams();
  const open = useRouteLoaderData<typeof loader>("root")?.openLetters;
  return (
    <nav aria-label="Main" className={classes.nav}>
      {NAV_PAGES.map((page) => (
        <NavLink
          key={page.to}
          to={scopedPath(page, search)}
          end={page.to === "/"}
          className={classes.link}
        >
          {page.label}
          {page.to === "/dead-letters" && open && open.count > 0 && (
            <span className={classes.count}>
              {open.count}
              {open.more && "+"}
              <span className="visually-hidden"> open</span>
            </span>
          )}
        </NavLink>
      ))}
    </nav>
  );
}

function Tools() {
  const root = useRouteLoaderData<typeof loader>("root");
  const [search] = useSearchParams();
  const navigate = useNavigate();
  const help = useRef<HTMLDialogElement>(null);
  const { openSearch, dialog } = useSearchDialog();
  useKeys({
    search: openSearch,
    help: () => help.current?.showModal(),
    goTo(letter) {
      const page = NAV_PAGES.find(({ key }) => key === letter);
      if (page) navigate(scopedPath(page, search));
      return page !== undefined;
    },
  });
  return (
    <div className={classes.tools}>
      {root ? <FrameState initial={root.frame} now={root.now} /> : <Bell unread={null} />}
      <SearchButton onClick={openSearch} />
      <SignInState />
      <ColorScheme />
      <button
        type="button"
        className={`${tools.icon} ${tools.help}`}
        aria-label="Keys"
        title="Keys (?)"
        onClick={() => help.current?.showModal()}
      >
        <HelpIcon />
      </button>
      <Help dialog={help} />
      {dialog}
    </div>
  );
}

/** What the frame tells of the state of things, asked for again while the page is open. */
function FrameState({ initial, now }: { initial: FrameFacts; now: number }) {
  const { facts, reached } = useFrameFacts(initial);
  return (
    <>
      <Freshness facts={facts} reached={reached} now={now} />
      <Bell unread={facts.unread} />
    </>
  );
}
