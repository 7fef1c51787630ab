import { Form, Link, useNavigation, useSearchParams } from "react-router";
import { searchWith } from "~/components/search-with.ts";
import { WriteButton } from "~/components/writes.tsx";
import { shortAddress } from "~/lib/format.ts";
import classes from "./unfollowed-notice.module.css";

/** Says that a whale is no longer followed and what becomes of its trades, with the way back. Stays in sight at the bottom. */
export function UnfollowedNotice({
  whale,
}: {
  whale: { id: number; label: string | null; address: string };
}) {
  const [search] = useSearchParams();
  const { formData } = useNavigation();
  return (
    <div className={classes.notice} role="status">
      <span>
        <strong>{whale.label ?? shortAddress(whale.address)}</strong> is no longer followed. Its
        trades stay; no new ones are read.
      </span>
      <Form method="post" preventScrollReset className={classes.actions}>
        <input type="hidden" name="intent" value="refollow" />
        <input type="hidden" name="id" value={whale.id} />
        <WriteButton pending={formData?.get("id") === String(whale.id)}>Undo</WriteButton>
        <Link
          to={searchWith(search, { unfollowed: null })}
          replace
          preventScrollReset
          aria-label="Close this notice"
        >
          ✕
        </Link>
      </Form>
    </div>
  );
}
