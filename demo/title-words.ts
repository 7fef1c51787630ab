/** What questions are made of. Teams, leagues, films and companies that compete with each other are invented. */

export const COINS = [
  { name: "Bitcoin", ticker: "BTC", level: 108_000, step: 2_000 },
  { name: "Ethereum", ticker: "ETH", level: 3_900, step: 100 },
  { name: "Solana", ticker: "SOL", level: 186, step: 5 },
  { name: "BNB", ticker: "BNB", level: 1_040, step: 20 },
  { name: "XRP", ticker: "XRP", level: 2.6, step: 0.1 },
  { name: "Dogecoin", ticker: "DOGE", level: 0.21, step: 0.01 },
  { name: "Chainlink", ticker: "LINK", level: 17.5, step: 0.5 },
] as const;

export const MARKET_LEVELS = [
  { name: "Gold", unit: "$", per: " an ounce", level: 4_050, step: 50, source: "LBMA PM fix" },
  {
    name: "Brent crude",
    unit: "$",
    per: " a barrel",
    level: 64,
    step: 2,
    source: "ICE settlement",
  },
  { name: "The S&P 500", unit: "", per: "", level: 6_750, step: 50, source: "S&P Dow Jones close" },
  { name: "The Nikkei 225", unit: "", per: "", level: 49_500, step: 500, source: "JPX close" },
  { name: "The DAX", unit: "", per: "", level: 24_100, step: 200, source: "Xetra close" },
  {
    name: "Copper",
    unit: "$",
    per: " a tonne",
    level: 10_700,
    step: 200,
    source: "LME settlement",
  },
  { name: "EUR/USD", unit: "", per: "", level: 1.16, step: 0.01, source: "ECB reference rate" },
] as const;

export const CENTRAL_BANKS = [
  "Federal Reserve",
  "European Central Bank",
  "Bank of England",
  "Bank of Japan",
  "Reserve Bank of Australia",
  "Bank of Canada",
  "Norges Bank",
  "Swiss National Bank",
] as const;

export const ECONOMIES = [
  "US",
  "euro-area",
  "UK",
  "Japanese",
  "Canadian",
  "Australian",
  "Turkish",
  "Brazilian",
] as const;

export const COUNTRIES = [
  "the Netherlands",
  "Belgium",
  "Portugal",
  "Bulgaria",
  "Japan",
  "Canada",
  "Czechia",
  "Denmark",
  "Chile",
  "South Korea",
  "Ireland",
  "New Zealand",
] as const;

export const BILLS = [
  "the Digital Euro Regulation",
  "the European Chips Act revision",
  "the Critical Medicines Act",
  "the Space Act",
  "the Digital Networks Act",
  "the Retail Investment Strategy",
  "the Soil Monitoring Directive",
  "the Air Passenger Rights reform",
] as const;

export const CLUBS = [
  "Harbor City Herons",
  "Northvale Foxes",
  "Redcliff Rovers",
  "Lake Arden United",
  "Port Selwyn Mariners",
  "Ashgrove Athletic",
  "Westmark Wolves",
  "Calder Valley FC",
  "Silverton Comets",
  "Eastbrook Rangers",
  "Mount Hollis Kings",
  "Granite Bay Bulls",
  "Oakhaven Owls",
  "Stonebridge Lancers",
  "Fairwater Pilots",
  "Kingsferry Town",
] as const;

export const LEAGUES = [
  { name: "Continental Premier League", round: "matchday" },
  { name: "Meridian Cup", round: "round" },
  { name: "Atlantic Basketball League", round: "week" },
  { name: "Northern Hockey League", round: "week" },
] as const;

export const ESPORTS_TEAMS = [
  "Night Circuit",
  "Paper Tigers",
  "Velvet Storm",
  "Null Pointers",
  "Ember Five",
  "Glacier Gaming",
  "Sunset Protocol",
  "Iron Lotus",
  "Echo Park Esports",
  "Binary Bandits",
  "Low Orbit",
  "Crown Forge",
] as const;

export const ESPORTS_EVENTS = [
  { game: "valorant", event: "Ascent Masters" },
  { game: "cs2", event: "Steel Cup" },
  { game: "dota2", event: "Riverlands Invitational" },
  { game: "lol", event: "Rift Open" },
] as const;

export const FILMS = [
  "The Cartographer's Daughter",
  "Low Tide",
  "Starling Protocol",
  "A House in Winter",
  "Midnight Freight",
  "The Last Lighthouse",
  "Paper Kingdoms",
  "Copper Sky",
  "Second Summer",
  "Ninth Meridian",
] as const;

export const COMPANIES = [
  "Halcyon Robotics",
  "Northwind Semiconductors",
  "Brightwater Energy",
  "Pallas Cloud",
  "Ferrous Motors",
  "Juniper Foods",
  "Orchard Payments",
  "Kestrel Aerospace",
  "Lumen Diagnostics",
  "Tidewater Shipping",
] as const;

export const BENCHMARKS = [
  "SWE-bench Verified",
  "Humanity's Last Exam",
  "ARC-AGI-2",
  "FrontierMath",
  "GPQA Diamond",
  "Terminal-Bench",
] as const;

export const RELEASES = [
  "Linux 7.4",
  "PostgreSQL 20",
  "Python 3.16",
  "Rust 2027 edition",
  "Node.js 28",
  "Godot 5.0",
  "Blender 6.0",
  "Kubernetes 1.40",
] as const;

export const MODEL_MAKERS = [
  "OpenAI",
  "Google",
  "Anthropic",
  "xAI",
  "Meta",
  "DeepSeek",
  "Alibaba",
  "Mistral",
] as const;
