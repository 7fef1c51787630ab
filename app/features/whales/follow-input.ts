import { z } from "zod";

/** What a person sends to follow a wallet. The address comes out lower case, a blank label as undefined. */
export const followInput = z.strictObject({
  venue: z.string({ error: "must be the name of a venue, for example opinion" }),
  address: z
    .string({ error: "must be a wallet address: 0x and 40 hexadecimal digits" })
    .trim()
    .regex(/^0x[0-9a-fA-F]{40}$/, "must be a wallet address: 0x and 40 hexadecimal digits")
    .transform((address) => address.toLowerCase()),
  label: z
    .string()
    .trim()
    .max(80, "must have at most 80 characters")
    .regex(/^\P{Cc}*$/u, "must not contain control characters")
    .transform((label) => label || undefined)
    .optional(),
});

export type FollowInput = z.output<typeof followInput>;
