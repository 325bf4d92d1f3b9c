// @ts-check
/** The defect types there are, and the layer that is painted on. */

import { postDefectType } from "./api.js";
import { IGNORE } from "./painting.js";

/** @typedef {import("./toolbar.js").DefectType} DefectType */
/** @typedef {(string | DefectType)[]} GivenTypes names, or names with colours */

const PALETTE = ["#e5484d", "#3e8bff", "#f2a20c", "#9b5de5", "#12a594", "#e93d82", "#7a9a01", "#00a2c7", "#b16b2f"];
const USUAL_TYPE = "defect";

/** @param {GivenTypes} types @returns {DefectType[]} never empty */
function named(types) {
  const whole = types.map((type, at) => {
    const known = typeof type === "string" ? { name: type, colour: "" } : type;
    return { name: known.name, colour: known.colour || PALETTE[at % PALETTE.length] };
  });
  return whole.length ? whole : [{ name: USUAL_TYPE, colour: PALETTE[0] }];
}

export class LayerChoice {
  constructor() {
    /** @type {DefectType[]} */
    this.types = [];
    /** The name of a defect type; "" is the layer to ignore. */
    this.chosen = "";
    this.isIgnoring = false;
  }

  /** @param {GivenTypes} types */
  set(types) {
    this.types = named(types);
    const isKnown = this.types.some((type) => type.name === this.chosen);
    if (!isKnown && !this.isIgnoring) this.chosen = this.types[0].name;
  }

  /** @param {string} name */
  choose(name) {
    this.chosen = name;
    this.isIgnoring = name === "";
  }

  /** @param {number} number from 1 @returns {string | undefined} */
  nameOf(number) {
    return this.types[number - 1]?.name;
  }

  /** The layer's name in the painting. */
  get layer() {
    return this.chosen || IGNORE;
  }

  get colours() {
    return new Map(this.types.map(({ name, colour }) => [name, colour]));
  }

  /** Make a new defect type and paint with it. @param {string} name @param {string} author */
  async add(name, author) {
    const answer = await postDefectType(author, name);
    const colour = answer.colour ?? answer.defect_type?.colour ?? "#e5484d";
    this.types = [...this.types.filter((type) => type.name !== name), { name, colour }];
    this.choose(name);
  }
}
