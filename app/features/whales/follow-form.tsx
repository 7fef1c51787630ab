import { Group, NativeSelect, TextInput } from "@mantine/core";
import { Form, Link, useNavigation } from "react-router";
import { WriteButton, WritesNotice } from "~/components/writes.tsx";

/** What came of a follow that was refused: what was sent, and what is wrong with it. */
export type FollowProblem = {
  address: string;
  label: string;
  errors: { address?: string; label?: string; venue?: string };
  /** The wallet that is followed already. */
  known?: { id: number; name: string };
};

/** Follows a wallet by its address. */
export function FollowForm({
  venues,
  problem,
}: {
  venues: readonly { id: string; name: string }[];
  problem?: FollowProblem;
}) {
  const { formData } = useNavigation();
  return (
    <Form method="post" noValidate>
      <input type="hidden" name="intent" value="follow" />
      <Group align="flex-start" gap="sm">
        <TextInput
          name="address"
          label="Wallet address"
          placeholder="0x…"
          required
          withAsterisk={false}
          autoComplete="off"
          spellCheck={false}
          maxLength={60}
          defaultValue={problem?.address}
          error={addressError(problem)}
          style={{ flex: "3 1 260px" }}
        />
        <TextInput
          name="label"
          label="Label (optional)"
          autoComplete="off"
          maxLength={80}
          defaultValue={problem?.label}
          error={problem?.errors.label}
          style={{ flex: "1 1 140px" }}
        />
        {venues.length > 1 && (
          <NativeSelect
            name="venue"
            label="Venue"
            data={venues.map(({ id, name }) => ({ value: id, label: name }))}
            error={problem?.errors.venue}
          />
        )}
        {/* As high as a label, so that the button stands beside the fields also where they have errors below. */}
        <div style={{ paddingTop: 22 }}>
          <WriteButton primary pending={formData?.get("intent") === "follow"}>
            Follow
          </WriteButton>
        </div>
      </Group>
      <WritesNotice />
    </Form>
  );
}

function addressError(problem: FollowProblem | undefined) {
  if (!problem?.known) return problem?.errors.address;
  return (
    <>
      Followed already: <Link to={`/whales/${problem.known.id}`}>{problem.known.name}</Link>
    </>
  );
}
