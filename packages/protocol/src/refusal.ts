/** Stable codes of refused requests. */
export type RefusalCode = 'bad_argument' | 'not_in_room' | 'too_many' | 'unavailable';

export interface Refusal {
  ok: false;
  error: { code: RefusalCode; message: string };
}
