//! What a palette is and what one can do to it.
//!
//! Keeps: at least one color in each palette, and every color a color. Loses: nothing; what does not fit is refused with
//! a message for the person.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A few colors that belong together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Palette {
    /// As the person calls it.
    pub name: String,
    /// In the order in which they are shown.
    pub swatches: Vec<Swatch>,
}

/// One color of a palette.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Swatch {
    /// The color keeps it wherever it goes; no other one has it.
    pub id: u32,
    /// Degrees, 0 to 359.
    pub hue: u16,
    /// Percent.
    pub saturation: u16,
    /// Percent.
    pub lightness: u16,
}

/// What one can change of a color.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Channel {
    /// Degrees, 0 to 359.
    Hue,
    /// Percent.
    Saturation,
    /// Percent.
    Lightness,
}

impl Channel {
    fn most(self) -> u16 {
        match self {
            Self::Hue => 359,
            Self::Saturation | Self::Lightness => 100,
        }
    }
}

/// A new name for a palette.
#[derive(Debug, Deserialize, TS)]
pub struct Rename {
    pub name: String,
}

/// One channel of one color, as a slider has it.
#[derive(Debug, Deserialize, TS)]
pub struct Tune {
    /// The color's number.
    pub swatch: u32,
    pub channel: Channel,
    /// Within the channel's bounds.
    pub value: u16,
}

/// Which color to take out.
#[derive(Debug, Deserialize, TS)]
pub struct Remove {
    /// The color's number.
    pub swatch: u32,
}

impl Palette {
    /// # Errors
    /// When the palette has no such color, or the value is out of bounds.
    pub fn tune(&mut self, Tune { swatch, channel, value }: &Tune) -> Result<(), String> {
        if *value > channel.most() {
            return Err(format!("{channel:?} goes up to {}, not {value}", channel.most()));
        }
        let swatch = self.find_mut(*swatch)?;
        match channel {
            Channel::Hue => swatch.hue = *value,
            Channel::Saturation => swatch.saturation = *value,
            Channel::Lightness => swatch.lightness = *value,
        }
        Ok(())
    }

    /// Adds a color that is some way round the wheel from the last one.
    pub fn add(&mut self, id: u32) -> Swatch {
        let last = self.swatches.last().copied();
        let last = last.unwrap_or(Swatch { id, hue: 0, saturation: 60, lightness: 55 });
        let swatch = Swatch { id, hue: (last.hue + 40) % 360, ..last };
        self.swatches.push(swatch);
        swatch
    }

    /// # Errors
    /// When the palette has no such color, or no other one.
    pub fn take(&mut self, id: u32) -> Result<Swatch, String> {
        self.find_mut(id)?;
        if self.swatches.len() == 1 {
            return Err("a palette keeps at least one color".to_owned());
        }
        let place = self.swatches.iter().position(|swatch| swatch.id == id);
        place.map(|place| self.swatches.remove(place)).ok_or_else(|| missing(id))
    }

    fn find_mut(&mut self, id: u32) -> Result<&mut Swatch, String> {
        self.swatches.iter_mut().find(|swatch| swatch.id == id).ok_or_else(|| missing(id))
    }
}

fn missing(id: u32) -> String {
    format!("this palette has no color {id}; somebody may have moved it")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn palette() -> Palette {
        let swatch = |id| Swatch { id, hue: 350, saturation: 50, lightness: 50 };
        Palette { name: "Test".to_owned(), swatches: vec![swatch(1), swatch(2)] }
    }

    #[test]
    fn a_channel_takes_what_is_within_its_bounds() {
        let mut palette = palette();
        let tune = |value| Tune { swatch: 2, channel: Channel::Saturation, value };
        palette.tune(&tune(100)).expect("100 percent are fine");
        assert!(palette.tune(&tune(101)).is_err());
        assert_eq!(palette.swatches[1].saturation, 100);
        assert!(palette.tune(&Tune { swatch: 3, channel: Channel::Hue, value: 1 }).is_err());
    }

    #[test]
    fn the_last_color_stays() {
        let mut palette = palette();
        assert_eq!(palette.take(1).map(|swatch| swatch.id), Ok(1));
        assert!(palette.take(1).is_err());
        assert!(palette.take(2).is_err());
        assert_eq!(palette.swatches.len(), 1);
    }

    #[test]
    fn a_new_color_goes_on_round_the_wheel() {
        let mut palette = palette();
        assert_eq!(palette.add(9), Swatch { id: 9, hue: 30, saturation: 50, lightness: 50 });
        assert_eq!(palette.swatches.len(), 3);
    }
}
