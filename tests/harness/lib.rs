//! Real browsers behind WebDriver.
