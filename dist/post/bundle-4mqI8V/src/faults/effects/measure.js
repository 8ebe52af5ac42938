/** An attribute that the entry may leave out, which then is 0 for toxiproxy too. */
export function attributeOf(on, name) {
    return on.attributes[name] ?? 0;
}
