import { readStored, writeStored } from "../session/storage.js";

const keyOf = (heirloom: URL) => `heirloom-app-theft ${heirloom.href}`;

/** The id of the theft event whose warning the user has hidden. */
export const hiddenTheft = (heirloom: URL) => readStored(keyOf(heirloom));
export const hideTheft = (heirloom: URL, id: string) => writeStored(keyOf(heirloom), id);
