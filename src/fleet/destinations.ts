/** Places that new connections may be opened to: a list is replaced, not changed. */
export type Destinations = readonly number[];

/** Nobody dials this place any more, unless there is no other. */
export function without(destinations: Destinations, place: number): Destinations {
  const others = destinations.filter((each) => each !== place);
  return others.length > 0 ? others : destinations;
}

/** This place is dialled too. */
export function including(destinations: Destinations, place: number): Destinations {
  return destinations.includes(place) ? destinations : [...destinations, place];
}
