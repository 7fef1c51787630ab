import type { ReactNode } from "react";

function Icon({ children }: { children: ReactNode }) {
  return (
    <svg
      viewBox="0 0 20 20"
      width={18}
      height={18}
      fill="none"
      stroke="currentColor"
      strokeWidth={1.6}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  );
}

export const SearchIcon = () => (
  <Icon>
    <circle cx={9} cy={9} r={5.5} />
    <path d="m13.2 13.2 3.8 3.8" />
  </Icon>
);

export const SunIcon = () => (
  <Icon>
    <circle cx={10} cy={10} r={3.5} />
    <path d="M10 1.8v1.8M10 16.4v1.8M1.8 10h1.8M16.4 10h1.8M4.2 4.2l1.3 1.3M14.5 14.5l1.3 1.3M4.2 15.8l1.3-1.3M14.5 5.5l1.3-1.3" />
  </Icon>
);

export const MoonIcon = () => (
  <Icon>
    <path d="M16.8 12.2A7.2 7.2 0 0 1 7.8 3.2a7.2 7.2 0 1 0 9 9Z" />
  </Icon>
);

export const HelpIcon = () => (
  <Icon>
    <circle cx={10} cy={10} r={7.7} />
    <path d="M7.9 7.8a2.2 2.2 0 1 1 3 2.1c-.6.3-.9.7-.9 1.4M10 13.9v.1" />
  </Icon>
);

export const BellIcon = () => (
  <Icon>
    <path d="M10 2.8a5 5 0 0 0-5 5c0 4.4-1.7 5.6-1.7 6.6h13.4c0-1-1.7-2.2-1.7-6.6a5 5 0 0 0-5-5ZM8.3 17a1.8 1.8 0 0 0 3.4 0" />
  </Icon>
);
