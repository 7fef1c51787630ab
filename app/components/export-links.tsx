import { useSearchParams } from "react-router";
import button from "./button.module.css";
import classes from "./export-links.module.css";

/**
 * A list of the page as files: all rows that its filters find, as CSV and from the API as JSON.
 * @param list its name in both addresses: "trades" is /trades.csv and /api/v1/trades
 * @param filters search parameters of the page that both take along
 * @param only what the page itself is about: no parameter of it, but a filter of both
 * @param json how the API is asked for the same, where its parameters are others
 */
export function ExportLinks({
  list,
  filters,
  only = {},
  json = (wanted) => wanted,
}: {
  list: string;
  filters: readonly string[];
  only?: Record<string, string | number>;
  json?: (wanted: Record<string, string>) => Record<string, string>;
}) {
  const [search] = useSearchParams();
  const wanted: Record<string, string> = {};
  for (const name of filters) {
    const value = search.get(name);
    if (value) wanted[name] = value;
  }
  for (const [name, value] of Object.entries(only)) wanted[name] = String(value);
  return (
    <div className={classes.links}>
      <a
        href={withQuery(`/${list}.csv`, wanted)}
        download
        className={button.button}
        title="Every row that these filters find, as a file"
      >
        CSV
      </a>
      <a
        href={withQuery(`/api/v1/${list}`, json(wanted))}
        className={button.button}
        title="The same rows from the API, page by page"
      >
        JSON
      </a>
    </div>
  );
}

function withQuery(path: string, fields: Record<string, string>): string {
  const query = new URLSearchParams(fields).toString();
  return query ? `${path}?${query}` : path;
}
