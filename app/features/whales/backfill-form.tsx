import { Button, TextInput } from "@mantine/core";
import { Form } from "react-router";
import classes from "./backfill.module.css";

/** Dates as typed, and what is wrong with them. */
type RangeFields = {
  from: string;
  to: string;
  errors?: { from?: string; to?: string } | null;
};

/** Asks for the range that is to be read again; what that takes is shown before anything is done. */
export function BackfillRangeForm({ whaleId, range }: { whaleId: number; range: RangeFields }) {
  const { errors } = range;
  return (
    <Form
      method="get"
      action={`/whales/${whaleId}/backfill`}
      noValidate
      aria-label="Read a range again"
      className={classes.form}
    >
      <TextInput
        type="date"
        name="from"
        label="From (UTC)"
        defaultValue={range.from}
        error={errors?.from}
        size="xs"
        className={classes.field}
      />
      <TextInput
        type="date"
        name="to"
        label="To (UTC)"
        defaultValue={range.to}
        error={errors?.to}
        size="xs"
        className={classes.field}
      />
      <Button type="submit" variant="default" size="xs" className={classes.submit}>
        Estimate
      </Button>
    </Form>
  );
}
