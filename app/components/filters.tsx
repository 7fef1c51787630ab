import { type FormEvent, type ReactNode, useEffect, useId, useRef } from "react";
import { Form, Link, useLocation, useNavigate, useSearchParams } from "react-router";
import button from "./button.module.css";
import fields from "./field.module.css";
import classes from "./filters.module.css";
import { searchWith } from "./search-with.ts";

/** How long typing must pause before a text field applies, in milliseconds. */
const TYPING_PAUSE_MS = 300;

/** Search parameters that the header's switches own: they outlive a change of the filters. */
const SCOPE = ["venue", "window"];

/**
 * The filters of a list: a GET form whose fields (below) apply as they change and live in the URL, so that Back, reload and a shared
 * link show the same rows. A change leaves the page's cursor behind.
 */
export function FilterBar({ label, children }: { label: string; children: ReactNode }) {
  const [search] = useSearchParams();
  const { pathname } = useLocation();
  const navigate = useNavigate();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const apply = (form: HTMLFormElement, replace: boolean) => {
    clearTimeout(timer.current);
    const wanted = searchOf(form, search);
    if (wanted !== search.toString()) {
      navigate(`${pathname}${wanted && `?${wanted}`}`, { replace, preventScrollReset: true });
    }
  };
  const onChange = ({ currentTarget: form, target }: FormEvent<HTMLFormElement>) => {
    const typed = target instanceof HTMLInputElement && ["text", "search"].includes(target.type);
    if (!typed) return apply(form, false);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => apply(form, true), TYPING_PAUSE_MS);
  };
  return (
    <Form
      method="get"
      role="search"
      aria-label={label}
      className={classes.bar}
      onChange={onChange}
      onSubmit={(event) => {
        event.preventDefault();
        apply(event.currentTarget, false);
      }}
    >
      {SCOPE.map((name) => {
        const value = search.get(name);
        return value && <input key={name} type="hidden" name={name} value={value} />;
      })}
      {children}
      <noscript>
        <button type="submit" className={button.button}>
          Apply
        </button>
      </noscript>
    </Form>
  );
}

/** The search parameters a form stands for: its fields that are filled in. */
function searchOf(form: HTMLFormElement, now: URLSearchParams): string {
  const wanted = new URLSearchParams();
  for (const name of SCOPE) {
    const value = now.get(name);
    if (value) wanted.set(name, value);
  }
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && value.trim() !== "") wanted.set(name, value.trim());
  }
  return wanted.toString();
}

/**
 * One choice of a list.
 * @param data value "" = no restriction; it must be there
 */
export function FilterSelect({
  name,
  label,
  data,
}: {
  name: string;
  label: string;
  data: { value: string; label: string }[];
}) {
  const [search] = useSearchParams();
  const field = useRef<HTMLSelectElement>(null);
  const id = useId();
  const value = search.get(name) ?? "";
  // The field follows the URL, as after Back, and keeps the focus.
  useEffect(() => {
    if (field.current) field.current.value = value;
  }, [value]);
  return (
    <div className={fields.field}>
      <label htmlFor={id} className={fields.label}>
        {label}
      </label>
      <div className={`${fields.control} ${fields.choices}`}>
        <select ref={field} id={id} name={name} defaultValue={value} className={fields.input}>
          {data.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.label}
            </option>
          ))}
        </select>
      </div>
    </div>
  );
}

/** A text that applies when typing pauses. */
export function FilterText({
  name,
  label,
  placeholder,
  wide = false,
  inputMode,
}: {
  name: string;
  label: string;
  placeholder?: string;
  wide?: boolean;
  inputMode?: "decimal";
}) {
  const [search] = useSearchParams();
  const field = useRef<HTMLInputElement>(null);
  const id = useId();
  const value = search.get(name) ?? "";
  // The URL moves by typing as well as by Back; what is being typed is not overwritten.
  useEffect(() => {
    const input = field.current;
    if (input && input !== document.activeElement) input.value = value;
  }, [value]);
  return (
    <div className={wide ? `${fields.field} ${classes.wide}` : fields.field}>
      <label htmlFor={id} className={fields.label}>
        {label}
      </label>
      <input
        ref={field}
        id={id}
        type="search"
        name={name}
        placeholder={placeholder}
        defaultValue={value}
        inputMode={inputMode}
        autoComplete="off"
        className={fields.input}
      />
    </div>
  );
}

/** A restriction that was set elsewhere (by a link), with a way to take it off. Keeps its place in the form. */
export function FilterChip({ name, label, text }: { name: string; label: string; text: string }) {
  const [search] = useSearchParams();
  const value = search.get(name);
  if (value === null) return null;
  return (
    <div className={classes.chip}>
      <input type="hidden" name={name} value={value} />
      <span className={classes.chipText}>
        {label}: {text}
      </span>
      <Link
        to={searchWith(search, { [name]: null, cursor: null })}
        preventScrollReset
        aria-label={`Remove the filter ${label}: ${text}`}
      >
        ✕
      </Link>
    </div>
  );
}
