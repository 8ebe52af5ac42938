/** Of the defects that only a crowd shows: the one that is looked for with a load that holds while a fault is on. */
export const FOUND_WHILE_HELD = 'fails-when-crowded'
