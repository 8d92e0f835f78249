// A small library of documents of every kind, and questions about them in other words than theirs: other
// forms of them mostly, as a model asks. Each question knows the words that stand in its answer.

export interface Book {
  /** `file` is sent as base64. */
  type: "text" | "file";
  text: string;
}

const markdown = (text: string): Book => ({ type: "text", text });
const file = (text: string): Book => ({ type: "file", text });

export const LIBRARY: Record<string, Book> = {
  handbook: markdown(`# Employee handbook

Welcome. This handbook says how we work together.

## Working hours

The office opens at seven. Core hours are ten to three; outside of these everyone arranges their own day.

Overtime is written down by the end of the week and compensated with free time within three months.

## Holidays

Everybody has thirty days of holiday a year. Requests are approved by the team lead within five days.

Up to five days that were not taken move to the next year and expire at the end of March.

## Illness

Call your lead before nine if you are ill. From the fourth day on we need a certificate from a doctor.

## Parental leave

Parents may stay at home for up to three years. Announce it seven weeks before it begins.

## Remote work

Working from another country is possible for twenty days a year, after the tax department has agreed.`),

  returns: markdown(`# Returns and refunds

You can return any item within 30 days of delivery, as long as it has not been worn.

## How to send an item back

Print the label from your account, put it on the parcel and hand it in at any post office. Shipping is free within the country.

## When you get your money

We refund the purchase price within two weeks after the parcel has arrived, to the card that was charged.

## Damaged goods

If something arrives broken, take a photograph and write to us within two days. We replace it at no cost.

## Exceptions

Underwear, opened software and gift cards cannot be given back.`),

  lease: file(`LEASE AGREEMENT

1. Parties. This agreement is made between Harbour Homes Ltd (the landlord) and the person named below (the tenant).

2. Rent. The rent is 1,250 euros a month and is due on the third working day. It may be raised once a year, by no more than the index of consumer prices.

3. Deposit. The tenant deposits three months of rent. The landlord repays it, with interest, within six months after the tenant has moved out, less what repairs of damage have cost.

4. Termination. Either side can terminate in writing with three months' notice, the tenant always, the landlord only for a reason that the law accepts.

5. Pets. Small animals need no permission. Dogs and cats are permitted unless a neighbour is allergic.

6. Repairs. The tenant reports defects at once. The landlord repairs heating, windows and pipes; small repairs up to 100 euros are the tenant's.

7. Subletting. Rooms may be sublet with the landlord's consent, which must not be withheld without good cause.`),

  api: markdown(`# Widget API

## Authentication

Every request carries a key in the header \`x-widget-key\`. Keys are created in the console and can be revoked there.

## Rate limits

A key may make 600 requests a minute. Beyond that the answer is 429 with a \`retry-after\` header.

| Plan | Requests a minute | Burst |
| --- | --- | --- |
| Free | 60 | 10 |
| Team | 600 | 100 |
| Enterprise | 6000 | 1000 |

## Pagination

Lists come in pages of 50. Pass the \`cursor\` of one page to get the next.

## Errors

\`\`\`json
{"error": {"code": "widget_not_found", "message": "There is no such widget."}}
\`\`\`

Errors of the client are 4xx, ours are 5xx. Only the latter are worth trying again.

## Webhooks

Configure an endpoint and we deliver events to it, signed with HMAC-SHA256. Deliveries that fail are repeated with growing pauses for three days.`),

  install:
    file(`<!doctype html><html><head><title>Installing the gateway</title><style>p{}</style></head><body>
<nav><a href="/">Home</a> <a href="/install">Installation</a></nav>
<main><h1>Installing the gateway</h1>
<p>The gateway runs on Linux with at least 4 GB of memory.</p>
<h2>From a package</h2>
<pre><code class="language-sh">apt install gateway
systemctl enable --now gateway</code></pre>
<p>The service listens on port 8443.</p>
<h2>In a container</h2>
<p>Mount a volume at <code>/var/lib/gateway</code>, or everything is forgotten when the container restarts.</p>
<h2>Upgrading</h2>
<p>Back up the database first. Migrations are applied when the new version starts; going back to an older version is not supported.</p>
<h2>Removing it</h2>
<p>Uninstall the package and delete <code>/var/lib/gateway</code>.</p>
</main><footer>Imprint</footer></body></html>`),

  recipes: file(`<html><head><title>Grandmother's recipes</title></head><body>
<h1>Grandmother's recipes</h1>
<h2>Potato soup</h2><p>Peel a kilo of potatoes, chop two leeks and simmer everything in vegetable broth for half an hour. Season with nutmeg and marjoram.</p>
<h2>Plum cake</h2><p>Knead flour, yeast, milk and sugar to a smooth dough and let it rise for an hour. Cover it with halved plums and bake for forty minutes at 180 degrees.</p>
<h2>Pickled cucumbers</h2><p>Layer small cucumbers with dill and mustard seeds, pour boiling vinegar over them and leave the jars closed for six weeks.</p>
<h2>Rice pudding</h2><p>Stir rice into hot milk with a vanilla pod and keep stirring over low heat until it thickens.</p>
</body></html>`),

  cities: file(`city,country,inhabitants,mayor,founded,river
Hamburg,Germany,1892122,Peter Tschentscher,808,Elbe
Porto,Portugal,231962,Rui Moreira,275,Douro
Turku,Finland,197900,Piia Elo,1229,Aura
Ghent,Belgium,263927,Mathias De Clercq,650,Scheldt
Bergen,Norway,291940,Marit Warncke,1070,
Graz,Austria,291134,Elke Kahr,1128,Mur
Galway,Ireland,83456,Peter Keane,1124,Corrib
Split,Croatia,160577,Ivica Puljak,305,
Bilbao,Spain,346843,Juan Mari Aburto,1300,Nervion
Lodz,Poland,664071,Hanna Zdanowska,1332,Lodka`),

  inventory: file(`sku;product;warehouse;stock;reorder_level;supplier
A-100;Cordless drill;Rotterdam;42;20;Makro Tools
A-101;Impact wrench;Rotterdam;7;15;Makro Tools
B-200;Ceramic paint white;Lyon;310;100;Coulomb SA
B-201;Varnish matt;Lyon;0;50;Coulomb SA
C-300;Safety goggles;Gdansk;1200;400;Protecta
C-301;Ear protectors;Gdansk;85;200;Protecta
C-302;Work gloves leather;Gdansk;640;300;Protecta
D-400;Ladder aluminium;Rotterdam;18;10;Steiger GmbH`),

  config: file(`{
  "name": "Scheduler settings",
  "retention": {"logsDays": 30, "backupsDays": 365, "deleteOnExpiry": true},
  "queue": {"maxRetries": 5, "backoffSeconds": [1, 5, 30], "deadLetter": "jobs-dead"},
  "notifications": {"channel": "#ops", "onFailure": true, "onSuccess": false},
  "workers": [
    {"id": "w1", "zone": "north", "concurrency": 8, "purpose": "transcoding videos"},
    {"id": "w2", "zone": "south", "concurrency": 2, "purpose": "sending invoices"},
    {"id": "w3", "zone": "south", "concurrency": 16, "purpose": "resizing images"}
  ]
}`),

  tickets: file(
    JSON.stringify({
      tickets: [
        {
          id: 4711,
          customer: "Brandt",
          subject: "Export crashes",
          body: "Whenever I export more than ten thousand rows, the application crashes and the file is empty.",
          resolution: "Fixed in 3.2: rows are streamed instead of being collected in memory.",
        },
        {
          id: 4712,
          customer: "Okafor",
          subject: "Cannot log in",
          body: "After changing my phone I no longer receive the codes for two-factor authentication.",
          resolution: "The second factor was reset after she had identified herself by passport.",
        },
        {
          id: 4713,
          customer: "Lindqvist",
          subject: "Invoice in the wrong currency",
          body: "We were billed in dollars although our contract is in Swedish kronor.",
          resolution: "Corrected; a credit note was issued and billing set to SEK.",
        },
        {
          id: 4714,
          customer: "Moreau",
          subject: "Slow search",
          body: "Searching takes half a minute since the migration to the new cluster.",
          resolution: "An index was missing and has been rebuilt.",
        },
      ],
    }),
  ),

  bees: markdown(`Keeping bees

A colony has one queen, some hundred drones and up to fifty thousand workers. The workers are females that live for six weeks in summer.

In spring the colony grows and may swarm: the old queen leaves with half of the bees. Beekeepers prevent it by giving the bees room or by dividing the colony.

Honey is harvested when the cells are sealed with wax. Frames are uncapped and spun in an extractor; then the honey is strained and stirred.

The varroa mite is the most dangerous parasite. It is treated with formic acid after the harvest and with oxalic acid in winter.

In autumn the hives are fed with sugar syrup, and the entrances made narrow so that mice stay out.`),

  glaciers: markdown(`# Glaciers

Glaciers form where more snow falls than melts. Over decades it is compressed to ice.

## Movement

Under its own weight the ice deforms and slides over the rock. Most glaciers advance less than a metre a day; surging ones move a hundred times as fast.

## Erosion

Stones that are frozen into the ice scratch the ground and carve wide valleys. What is left behind when the ice retreats is called a moraine.

## Decline

Since 1850 the glaciers of the Alps have lost two thirds of their volume. Warmer summers matter more than drier winters.`),

  minutes: markdown(`Minutes of the board meeting, 14 May

Present: Adeyemi (chair), Costa, Hartmann, Nilsson. Absent: Petrov.

1. The minutes of April were accepted without changes.

2. Costa presented the figures of the first quarter. Revenue rose by 8 percent, costs by 11; the reasons are higher wages and the move to the new building.

3. Hartmann proposed to found a subsidiary in Lisbon. After a long discussion the proposal was rejected by three votes to one.

4. The board decided to hire a second auditor. Nilsson will invite offers by the end of June.

5. The next meeting takes place on 11 June at noon.`),

  password: markdown(`## Choosing a password

Use at least fourteen characters. A sentence is easier to remember than a string of symbols.

## Managers

We recommend a password manager. It invents, stores and fills in a different password for every site.

## If it was stolen

Change the password at once, sign out everywhere and tell security@example.com. Do not wait until you know what happened.

## Second factor

Hardware tokens are better than codes by text message, which can be intercepted.`),

  vaccines: markdown(`# Travelling to the tropics

Yellow fever vaccination is compulsory in some countries and must be at least ten days old when you enter.

Malaria is prevented by tablets, by nets that are soaked in insecticide and by clothes with long sleeves.

Drink only water that was boiled or bottled; peel fruit yourself.

Insurance should cover the flight home in case of an accident.`),

  warranty: file(`WARRANTY CONDITIONS FOR THE SP-20 COFFEE MACHINE

The manufacturer guarantees freedom from defects in material for 24 months from the date on the receipt.

The guarantee lapses if the machine was opened by anyone but an authorised workshop, or was not descaled at least every three months.

Seals, filters and grinders wear out and are excluded.

To make a claim, register the serial number on our site and send the machine in its original packing.`),

  museum: file(`<html><head><title>City museum: visit</title></head><body><article>
<h1>Your visit</h1>
<table><tr><th>Ticket</th><th>Price</th><th>Who</th></tr>
<tr><td>Full</td><td>12 euros</td><td>adults</td></tr>
<tr><td>Reduced</td><td>7 euros</td><td>students, pensioners, the unemployed</td></tr>
<tr><td>Free</td><td>0</td><td>children under twelve</td></tr></table>
<p>Closed on Mondays. On Thursdays we stay open until nine in the evening.</p>
<h2>Accessibility</h2><p>All floors can be reached by lift. Wheelchairs are lent at the cloakroom; guide dogs are welcome.</p>
<h2>Photography</h2><p>Taking pictures without flash is allowed, except in the treasury.</p>
<h2>Groups</h2><p>Guided tours for up to twenty people are booked two weeks ahead.</p>
</article></body></html>`),

  history: markdown(`# The canal

The idea of a canal across the isthmus is old: in 1698 a first attempt failed for want of money.

Digging began in 1881 under a French company. Fever killed some twenty thousand labourers, and the company collapsed eight years later.

The works were resumed in 1904. Instead of cutting through at sea level, the engineers built locks that lift ships 26 metres to an artificial lake.

The first ship passed in August 1914. Since 1999 the canal has been administered by the republic itself.

An expansion with wider locks was inaugurated in 2016; the tolls bring in a tenth of the country's income.`),

  training: markdown(`# Training plan for a half marathon

Weeks 1 to 4: run three times a week, thirty minutes each, slowly enough to talk.

Weeks 5 to 8: one of the runs becomes longer by ten minutes every week. Add short sprints on another day.

Weeks 9 to 11: one run of eighteen kilometres. Rest two days before and after.

Week 12: rest, stretch, sleep. Eat nothing new before the race.

Shoes are replaced after eight hundred kilometres. Pain in the knee is a reason to pause, not to run through.`),

  telescope: file(`Model,Aperture mm,Focal length mm,Mount,Weight kg,Price EUR,Remarks
Nova 70,70,700,alt-azimuth,3.1,129,for beginners
Nova 114,114,900,equatorial,9.5,249,collimation needed
Sky 150,150,750,Dobsonian,11.0,389,assembled in minutes
Sky 200,200,1200,Dobsonian,24.5,579,heavy but bright
Carbo 80,80,480,none,2.4,1190,refractor for photographers
Carbo 102,102,714,none,3.9,1890,refractor with reducer`),

  changelog: file(`{"title": "Changelog", "releases": [
 {"version": "3.0.0", "date": "2026-01-20", "breaking": ["The old synchronous client was removed."], "added": ["Streaming of results"]},
 {"version": "3.1.0", "date": "2026-03-02", "added": ["Compression of uploads with zstd", "Dark mode"], "fixed": ["Memory leak when a connection was aborted"]},
 {"version": "3.2.0", "date": "2026-04-18", "added": ["Export to Parquet"], "deprecated": ["TLS 1.1 will be refused from version 4 on"]}
]}`),

  garden: markdown(`Pruning

Apple trees are pruned in late winter, before the buds swell. Remove what is dead or crosses another branch.

Roses are cut back when the forsythia blooms.

Watering

Water in the morning and at the roots. A lawn needs twenty litres a square metre once a week, not a little every day.

Compost

Layers of kitchen waste, leaves and twigs rot to compost within nine months. Meat attracts rats.`),

  japanese: markdown(`# 図書館の利用案内

開館時間は午前九時から午後八時までです。月曜日は休館です。

本は二週間借りることができます。延長は一回までです。

返却が遅れた場合は、次の貸出が停止されます。`),

  german: markdown(`# Hausordnung

Die Ruhezeiten gelten von 22 Uhr bis 6 Uhr sowie mittags von 13 bis 15 Uhr.

Fahrräder werden im Keller abgestellt, nicht im Treppenhaus.

Die Rechnungen für Heizung und Wasser werden jährlich im März verschickt.`),
};

/** The question, the book, and words of the passage that answers it. */
export const QUESTIONS: [question: string, book: keyof typeof LIBRARY, answer: string][] = [
  ["How is working overtime compensation handled?", "handbook", "compensated with free time"],
  ["When do unused vacation days expire? carrying over holidays", "handbook", "end of March"],
  [
    "Do I need a doctor's certification when I'm sick for some days?",
    "handbook",
    "certificate from a doctor",
  ],
  ["foreign countries remote working allowance days", "handbook", "twenty days a year"],
  ["How long until a refunded payment arrives?", "returns", "within two weeks"],
  ["replacement of a broken article, photo required", "returns", "take a photograph"],
  ["Which articles are excepted from being returned?", "returns", "cannot be given back"],
  ["repayment of the security deposit after moving", "lease", "repays it, with interest"],
  ["increase of the monthly rental, index linked", "lease", "index of consumer prices"],
  ["Is keeping a dog permissible in the flat?", "lease", "Dogs and cats are permitted"],
  ["notice period for terminating the tenancy", "lease", "three months' notice"],
  ["How do I authenticate API requests?", "api", "x-widget-key"],
  ["request limit per minute for the enterprise plan", "api", "6000"],
  ["How often is a failing webhook delivery retried?", "api", "repeated with growing pauses"],
  ["getting the following page of a list, paginating", "api", "cursor"],
  [
    "Can I downgrade to an earlier version of the gateway after an upgrade?",
    "install",
    "older version is not supported",
  ],
  ["data lost on container restart, mounting volumes", "install", "everything is forgotten"],
  ["on which port is the gateway listening", "install", "8443"],
  ["baking time of the cake with plums", "recipes", "forty minutes"],
  ["how to season the soup made of potatoes", "recipes", "nutmeg and marjoram"],
  ["Who is the mayor of the Finnish city Turku?", "cities", "Piia Elo"],
  ["How many people inhabit Bilbao?", "cities", "346843"],
  ["supplier of protective goggles", "inventory", "Safety goggles"],
  ["varnishes that are out of stock in Lyon", "inventory", "Varnish matt"],
  ["maximum number of retries in the queue", "config", "maxRetries"],
  ["for how many days are backups retained?", "config", "backupsDays"],
  ["Which worker sends the invoices?", "config", "sending invoices"],
  ["customer got billing in dollars instead of kronor", "tickets", "Swedish kronor"],
  ["application crash when exporting many rows", "tickets", "ten thousand rows"],
  ["two factor code not received after a phone change", "tickets", "changing my phone"],
  ["How do beekeepers avoid swarming?", "bees", "dividing the colony"],
  ["treatment against varroa mites", "bees", "formic acid"],
  ["extracting and straining honey at harvesting", "bees", "spun in an extractor"],
  ["how quickly do glaciers move per day", "glaciers", "less than a metre a day"],
  ["What are moraines, left by retreating ice?", "glaciers", "called a moraine"],
  ["volume loss of Alpine glaciers", "glaciers", "two thirds"],
  ["decision about hiring another auditor", "minutes", "hire a second auditor"],
  ["Was founding a Lisbon subsidiary accepted or rejected?", "minutes", "three votes to one"],
  ["why did the costs rise in the first quarter", "minutes", "higher wages"],
  ["what to do about password theft", "password", "Change the password at once"],
  ["recommended length of passwords in characters", "password", "at least fourteen"],
  ["preventing malaria", "vaccines", "soaked in insecticide"],
  ["Is it mandatory to be vaccinated against yellow fever?", "vaccines", "compulsory"],
  ["exclusions from the guarantee: worn filters", "warranty", "are excluded"],
  ["How often does the coffee machine need descaling?", "warranty", "every three months"],
  ["reduced ticket pricing for a student", "museum", "7 euros"],
  ["Thursday evening opening of the museum", "museum", "until nine"],
  ["Are photographs permitted, is flashing forbidden?", "museum", "without flash"],
  ["lending of a wheelchair", "museum", "cloakroom"],
  ["labourers dying of fever while digging the canal", "history", "twenty thousand labourers"],
  ["how high are ships lifted by the lock", "history", "26 metres"],
  ["When must running shoes be replaced?", "training", "eight hundred kilometres"],
  ["resting before the longest runs", "training", "Rest two days"],
  ["price and weight of the Sky 200 telescope", "telescope", "579"],
  ["refractors suited to photography", "telescope", "refractor for photographers"],
  ["leaking memory on aborting connections, fix", "changelog", "Memory leak"],
  ["refusal of TLS 1.1, deprecation", "changelog", "TLS 1.1 will be refused"],
  ["when should an apple tree be cut, prune", "garden", "late winter"],
  ["how much watering does the lawn require", "garden", "twenty litres"],
  ["composting meat", "garden", "Meat attracts rats"],
  ["図書館 開館時間", "japanese", "午前九時"],
  ["返却が遅れたら", "japanese", "貸出が停止"],
  ["Wann kommt die Rechnung für die Heizung?", "german", "im März verschickt"],
  ["Fahrrad abstellen", "german", "im Keller"],
];

/** One word each, in a form that no stemmer takes for the one in the answer. */
export const FORMS: [word: string, book: keyof typeof LIBRARY, answer: string][] = [
  ["theft", "password", "Change the password at once"],
  ["choice", "password", "at least fourteen"],
  ["losses", "glaciers", "lost two thirds"],
  ["builders", "history", "built locks"],
  ["growth", "bees", "In spring the colony grows"],
  ["feeding", "bees", "are fed with sugar syrup"],
  ["divisions", "bees", "dividing the colony"],
  ["freezing", "glaciers", "frozen into the ice"],
  ["breakage", "returns", "arrives broken"],
  ["repetition", "api", "repeated with growing pauses"],
];
