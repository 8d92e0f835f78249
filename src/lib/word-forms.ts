// What the forms of an English word have in common: `payments` and `paid`, `decide` and `decision`,
// `colour` and `color`. Rougher than a stemmer, for a search that has one: words that have nothing to
// do with each other may meet, as long as they are few. Words of other languages are cut short.

/** What no rule finds: each form, and the word that it is a form of. */
const IRREGULAR = new Map(
  (
    "paid:pay said:say made:make sent:send spent:spend built:build kept:keep left:leave held:hold " +
    "told:tell found:find stood:stand understood:understand lost:lose loss:lose met:meet " +
    "ran:run began:begin begun:begin came:come became:become gone:go went:go goes:go wrote:write " +
    "written:write broke:break broken:break chose:choose chosen:choose choice:choose took:take " +
    "taken:take gave:give given:give gift:give grew:grow grown:grow knew:know known:know " +
    "knowledge:know drove:drive driven:drive rose:rise risen:rise fell:fall fallen:fall flew:fly " +
    "flown:fly flight:fly spoke:speak spoken:speak speech:speak stole:steal stolen:steal theft:steal " +
    "wore:wear worn:wear swam:swim swum:swim sang:sing sung:sing drank:drink drunk:drink ate:eat " +
    "eaten:eat slept:sleep felt:feel fed:feed led:lead hid:hide hidden:hide won:win hung:hang " +
    "froze:freeze frozen:freeze bought:buy brought:bring taught:teach caught:catch thought:think " +
    "fought:fight sought:seek sold:sell sale:sell proof:prove proven:prove used:use " +
    "using:use user:use usage:use has:have had:have did:do done:do died:die dead:die " +
    "death:die dying:die lay:lie born:birth lives:life living:life lived:life alive:life live:life " +
    "men:man women:woman children:child mice:mouse feet:foot teeth:tooth geese:goose people:person " +
    "criteria:criterion indices:index indexes:index data:datum analyses:analysis " +
    "analyze:analysis analyse:analysis analysing:analysis analyzing:analysis length:long width:wide " +
    "depth:deep height:high strength:strong weight:weigh retention:retain maintenance:maintain " +
    "attention:attend explanation:explain repetition:repeat belief:believe relief:relieve " +
    "advice:advise practise:practice licence:license defence:defense grey:gray " +
    "receipt:receive response:respond responsible:respond better:good best:good worse:bad worst:bad"
  )
    .split(" ")
    .map((pair) => pair.split(":") as [string, string]),
);

/** American spelling for British, in the middle of a word too. */
const SPELLINGS: [pattern: RegExp, spelling: string][] = [
  [/(?<=..)our(?=s?$|ed$|ing$|able$|ful$|ite)/, "or"],
  [/(?<=...)is(?=e[sdr]?$|ers$|ing$|ations?$)/, "iz"],
  [/(?<=..)tre(?=s?$)/, "ter"],
  [/(?<=...)ogue$/, "og"],
];

/** Endings that are taken off, one a round. A final `e` has gone before. */
const ENDINGS =
  /(?:abilit[yi]|ibilit[yi]|ational|ization|ation|ition|ator|ative|ion|ment|ness|ship|anc[y]?|enc[y]?|ant|ent|acy|it[yi]|abl|ibl|ical|ial|ual|al|ic|(?<!ce)iv|ous|ful|less|ally|ly|ist|ism|iz|if[yi]|at|ag|ur|ee|er|or|th)$/;

const ROUNDS = 4;
const MIN_LENGTH = 3;
/** Characters; what follows is ending, in most languages. */
const MAX_LENGTH = 7;

/** How the ends of stems change between a verb and what is made of it. */
const ALTERNATIONS: [pattern: RegExp, common: string][] = [
  [/iss$/, "it"],
  [/ceiv$/, "cept"],
  [/scrib$/, "script"],
  [/olut$/, "olv"],
  [/([b-df-hj-np-tv-z])\1$/, "$1"],
  [/(?<=[aeioun])s$/, "d"],
  [/ct$/, "c"],
  [/ee/, "e"],
  [/y$/, "i"],
];

/** Longer ones are codes, not words. */
const MAX_WORD_LENGTH = 32;

/** Words that were asked for, since most are again; begun anew at this size. */
const MAX_KNOWN = 20_000;
const known = new Map<string, string>();

/** Equal for the forms of one word. `word` is in small letters. */
export function commonForm(word: string): string {
  if (word.length > MAX_WORD_LENGTH) return word.slice(0, MAX_LENGTH);
  const before = known.get(word);
  if (before !== undefined) return before;
  const form = reduce(word);
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(word, form);
  return form;
}

function reduce(word: string): string {
  let form = toSingular(word.normalize("NFD").replace(/\p{M}/gu, ""));
  for (let round = 0; round < ROUNDS; round += 1) {
    form = IRREGULAR.get(form) ?? form;
    for (const [pattern, spelling] of SPELLINGS) form = form.replace(pattern, spelling);
    form = take(form, /e$/) ?? take(form, /ing$|ed$/) ?? take(form, ENDINGS) ?? form;
  }
  for (const [pattern, common] of ALTERNATIONS) form = form.replace(pattern, common);
  return form.slice(0, MAX_LENGTH);
}

function toSingular(word: string): string {
  if (IRREGULAR.has(word)) return word;
  const single = word.replace(/(?<=..)ie[sd]$/, "y");
  return single === word ? word.replace(/(?<=..)(?<![sui])s$/, "") : single;
}

/** `word` without its ending, if a word is left. */
function take(word: string, ending: RegExp): string | undefined {
  const stem = word.replace(ending, "");
  const isWord = stem.length >= MIN_LENGTH && /[aeiouy]/.test(stem);
  return stem !== word && isWord ? stem : undefined;
}
