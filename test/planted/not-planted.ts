/** A row of docs/lessons.md without a defect in `defects`, and why. */
export interface NotPlanted {
  readonly lesson: string;
  readonly why: string;
}

/** Rows that no edit of the code brings back. */
export const CANNOT_BE_PLANTED: readonly NotPlanted[] = [
  { lesson: 'L8', why: 'what cannot change is said by the schema: no code of a pass holds it' },
  { lesson: 'L60', why: 'what is required is said by the schema: no code of a pass holds it' },
];

/** Rows that an edit could bring back, and none does so far. */
export const NOT_YET_PLANTED: readonly NotPlanted[] = [
  { lesson: 'L19', why: 'no small edit makes a pass wait for its event' },
  { lesson: 'L31', why: 'what a restart would write again has to be told apart from what every pass would' },
  {
    lesson: 'L33',
    why: 'its test runs two operators without election; to leave out the fence alone has not been tried',
  },
];
