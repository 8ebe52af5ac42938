/** nft tables and other objects that helpers create begin with this, so that leftovers can be found in any namespace. */
export const TOOLBOX_OBJECT_PREFIX = 'chaos_action';
/** Environment of the helper container. */
export const TOOLBOX_TTL_VARIABLE = 'CHAOS_TTL_MS';
/** Word that stands in the name of everything this helper installs, so that a later helper can undo just that. */
export const TOOLBOX_OBJECTS_VARIABLE = 'CHAOS_OBJECTS';
/** The word of a helper that undoes for others: its `undo` removes what any helper left in the namespace. */
export const TOOLBOX_ALL_OBJECTS = 'all';
/** Mechanisms that the helper must not use, comma-separated: how to see what it does on a kernel that lacks them. */
export const TOOLBOX_AVOID_VARIABLE = 'CHAOS_AVOID';
export const TOOLBOX_AVOIDABLE = ['nft', 'socket-kill'];
